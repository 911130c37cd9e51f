"""The check of one lead from outside, for the command line and the API alike: what is asked, and what is answered."""
