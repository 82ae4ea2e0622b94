"""MiniWoB++: small web tasks with a checkable outcome, played from pixels through the loop."""
