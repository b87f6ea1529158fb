"""From frames to observations. Pure: values in, values out; no clock, disk, network, thread or model runtime."""
