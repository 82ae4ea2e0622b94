"""Windows of real toolkits for training: planned here, shown in GTK 3 and Qt 5, photographed.

``gtk_program`` and ``qt_program`` are run by the system's own Python, which has the toolkits, and
import nothing of Handrail but each other.
"""
