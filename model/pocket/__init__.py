"""Make and train the pocket model: the small Qwen3-VL checkpoint that ships with Handrail.

Screens are rendered with exact labels (``canvas``, ``widgets``, ``screens``), turned into training
targets (``targets``, ``queries``), learned by ``network`` in the stages of ``train``, and written
by
``export`` in the layout of any published Qwen3-VL checkpoint.
"""
