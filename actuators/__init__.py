"""Put pixels and input where the decisions are: the only floor that touches the world."""
