"""The built wheel in empty environments: does each extra bring all that it needs?"""
