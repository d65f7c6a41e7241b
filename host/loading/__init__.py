"""Load Text Encoders: from described files to an ordinary host CLIP, built from the host's own
modules. The flow goes straight down:

1. `picker`: which file plays which role of which image model (`load_encoders` asks it),
2. `encoder_plan`: one frozen `EncoderPlan` for each encoder, every decision about it made once,
3. `build`: the host's classes and their options, from the plan,
4. `fill`: the weights, tensor by tensor, as the plan says,
5. `report`: what was loaded, from the plan and from what filling came to.

`vocabulary_tensors`, `single_encoder`, `packed_weights`, `packed_linear`, `saving` and `siglip`
hold what these steps need.
"""
