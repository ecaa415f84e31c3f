"""Reads what was measured: the results database, the lists of names, the counts of pairs.

Hands plain typed data to the floors above; knows the schema and no statistics. What cannot be read
is a LoadError or a NamesError, whose text is the one line that a person sees.
"""
