"""What a vehicle must live through: kills, lost links, wrong clocks, full disks, broken footage, a server gone mad."""
