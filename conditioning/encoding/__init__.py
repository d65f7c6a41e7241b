"""How an encoder's numbers are made faster without becoming other numbers: products with stored
weights, and rows that need no work.
"""
