"""Does the encoding bind?"""
