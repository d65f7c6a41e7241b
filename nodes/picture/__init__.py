"""What does the picture show?"""
