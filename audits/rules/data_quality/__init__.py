"""Can the record be worked and counted?"""
