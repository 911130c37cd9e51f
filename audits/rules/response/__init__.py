"""Was the lead answered in time?"""
