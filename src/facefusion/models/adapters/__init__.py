"""Adapters: one small class for each contract, all of one task with the same methods. Pictures are RGB in [0, 1]."""
