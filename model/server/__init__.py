"""An OpenAI-compatible server for one loaded checkpoint.

``app`` answers requests; ``worker`` runs the engine, several replies at once; ``requests``
and ``pictures`` turn what a client sends into messages; ``answers`` writes what goes back.
"""
