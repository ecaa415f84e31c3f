"""The pages, their templates, and the parts of documents that commands write.

`environment` opens the templates; each other module writes one page or part, and none reads the
words of a command line.
"""
