"""Pure judgement: facts about leads go in, findings with evidence come out. No I/O, clock or randomness."""
