"""What a station offers to whoever stands before it: a small page with a connection doctor, and MQTT for the house."""
