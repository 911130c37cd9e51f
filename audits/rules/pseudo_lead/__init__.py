"""Can the record be a buyer at all?"""
