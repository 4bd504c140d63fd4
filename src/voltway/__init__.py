"""Voltway: the software of an EV charging network, from controller to invoice."""
