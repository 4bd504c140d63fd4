"""Charging knowledge that cloud and station share: pure functions."""
