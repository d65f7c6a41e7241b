"""Station 3: how much each phrase of a prompt moves what the image model answers
(``docs/decisions/0012-influence.md``). Nothing here knows the host.
"""
