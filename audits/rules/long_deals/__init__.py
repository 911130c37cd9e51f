"""Is a long deal worked with the right people, at its own rhythm?"""
