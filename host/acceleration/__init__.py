"""The host's own encoders with faster products and without repeated work, as patches on a clone of
a CLIP (decision 9).

`patches` makes the clone: `linear` computes a layer, `t5_block` a block of T5, `row_reuse` leaves
rows out. `weight_access` fetches a weight as it is stored, `comfy_kitchen` knows the tensors of
newer hosts, `disk_streaming` lets layers come from the disk one by one. `status` says what is done.
"""
