"""An OpenAI-compatible server for one loaded checkpoint.

``app`` answers requests; ``worker`` runs the engine, one reply at a time; ``requests`` and
``pictures`` turn what a client sends into messages; ``answers`` writes what goes back.
"""
