"""What did the first messages say?"""
