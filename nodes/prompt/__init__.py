"""What did my prompt become?"""
