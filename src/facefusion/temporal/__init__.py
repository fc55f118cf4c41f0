"""What holds over time: shots, how the skin moves, landmarks smoothed with knowledge of the future, steady light."""
