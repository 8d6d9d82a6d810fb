"""Who decides: one package per party over a small commons. Start reading at ``credence.service.app``."""
