/** The settings of a T5 v1.1 encoder, as transformers writes them: `text_encoder/config.json`. */
import { UserError } from "../../base/user-error.ts"
import { type ConfigFile, modelNamed, readFields } from "../deepfloyd/config-file.ts"

export interface T5Config {
  readonly vocabularySize: number
  /** E, of the states. */
  readonly width: number
  readonly layers: number
  readonly heads: number
  /** Channels of a head; heads times this need not be the width. */
  readonly headChannels: number
  /** Of the feed-forward part. */
  readonly feedForwardWidth: number
  /** Classes of distances between tokens, half of them for each direction. */
  readonly positionBuckets: number
  /** From which on all distances are one class. */
  readonly maxDistance: number
  /** Added to mean squares in norms. */
  readonly normEps: number
}

/** @throws UserError when the configuration is of another model, or of a T5 that is not v1.1 */
export const decodeT5Config = (file: ConfigFile): T5Config => {
  const { json, shown } = file
  if (json["model_type"] !== "t5") {
    const named = modelNamed(json)
    throw new UserError(
      `${shown} is the configuration of ${named === undefined ? "an unnamed model" : named}, where a T5 encoder is needed`,
      {
        hint: "give the folder of a T5 v1.1 encoder, such as text_encoder/ of DeepFloyd/IF-I-M-v1.0"
      }
    )
  }
  return readFields(file, "a T5 v1.1 encoder", ({ check, count, oneOf, positive, unused }) => {
    oneOf("model_type", ["t5"])
    oneOf("feed_forward_proj", ["gated-gelu"], "relu")
    // Older files leave out what follows from it.
    oneOf("dense_act_fn", ["gelu_new"], "gelu_new")
    oneOf("is_gated_act", [true], true)
    unused(unusedFields)
    const config = {
      vocabularySize: count("vocab_size", 32128),
      width: count("d_model", 512),
      layers: count("num_layers", 6),
      heads: count("num_heads", 8),
      headChannels: count("d_kv", 64),
      feedForwardWidth: count("d_ff", 2048),
      positionBuckets: count("relative_attention_num_buckets", 32),
      maxDistance: count("relative_attention_max_distance", 128),
      normEps: positive("layer_norm_epsilon", 1e-6)
    }
    const { maxDistance, positionBuckets } = config
    check(
      positionBuckets % 4 === 0,
      () =>
        `relative_attention_num_buckets is ${positionBuckets}; supported are multiples of 4, halves for near and far in each direction`
    )
    check(
      maxDistance > positionBuckets / 4,
      () =>
        `relative_attention_max_distance is ${maxDistance}; supported is more than a quarter of relative_attention_num_buckets, ${positionBuckets}`
    )
    return config
  })
}

/** Of training, of the decoder, of text that is generated, and of how the file was saved. */
const unusedFields = [
  "architectures",
  "classifier_dropout",
  "decoder_start_token_id",
  "dropout_rate",
  "dtype",
  "eos_token_id",
  "initializer_factor",
  "is_encoder_decoder",
  "n_positions",
  "num_decoder_layers",
  "output_past",
  "pad_token_id",
  "task_specific_params",
  "tie_word_embeddings",
  "torch_dtype",
  "transformers_version",
  "use_cache"
]
