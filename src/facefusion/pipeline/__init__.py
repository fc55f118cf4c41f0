"""The only room that knows the order: plan, analyse, render, deliver."""
