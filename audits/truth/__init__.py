"""What a lead is: real, reachable, new and ours to sell to; judged by what was given, each reason with its weight."""
