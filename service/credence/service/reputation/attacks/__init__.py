"""Attacks on the tables of fees, margin and standing: what a person gains by each, against behaving honestly.

Every figure is simulated: the prices are the live tariff's, the standing and belief tables are the live ones, and what the
market and the person are like is assumed and told (:class:`.setting.Setting`). Start at :mod:`.running`.
"""
