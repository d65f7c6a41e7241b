"""Trains mini-MMDiT, a small generator whose truth is known: run by `python dev.py
train-generator`.
"""
