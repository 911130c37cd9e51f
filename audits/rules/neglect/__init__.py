"""Was the lead forgotten?"""
