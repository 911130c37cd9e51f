"""Was the lead followed up as agreed?"""
