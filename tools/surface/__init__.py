"""The lock on what others rely on: names, options, settings, codes and addresses.

``docs/api-surface.txt`` holds one line for each; a test compares it with the code, and
``make api-lock`` writes it anew once a change is meant.
"""
