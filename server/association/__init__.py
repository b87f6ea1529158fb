"""One real problem becomes one case: a traverse and the cases near it in, links and new case states out. Pure."""
