"""What happens over time: shots, smoothing, flow, deflicker."""
