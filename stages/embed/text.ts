/** Prompts by a text encoder. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { join } from "node:path"
import { UserError } from "#src/base/user-error.ts"
import { tf } from "#src/engine/tf.ts"
import { encodeTokens } from "#src/models/t5/encode-tokens.ts"
import { loadT5Encoder } from "#src/models/t5/load.ts"
import { defineStage, port, type SourceFolder } from "#src/stage.ts"
import { preparePrompt } from "#src/text/prepare-prompt.ts"
import { openTokenizer, type SentencePieceTokenizer } from "#src/text/sentencepiece/tokenizer.ts"
import { promptLength, tokenizeT5 } from "#src/text/tokenize-t5.ts"

const encoderFolder = "text_encoder"
const tokenizerFile = "tokenizer/spiece.model"

export default defineStage({
  summary: "Turns prompts into conditions by a T5 v1.1 encoder, that of DeepFloyd IF.",
  source:
    "Raffel et al. 2020 (arXiv:1910.10683); prompts in lower case and without space around them, padded, as diffusers' IFPipeline has them",
  params: Schema.Struct({
    folder: Schema.NonEmptyString.annotate({
      description:
        "With text_encoder/ and tokenizer/spiece.model in it. All files in it are hashed, so give no folder with more models than needed."
    }),
    variant: Schema.optionalKey(
      Schema.NonEmptyString.annotate({
        description:
          "Which set of weights, where text_encoder/ has several: fp16 is model.fp16.safetensors."
      })
    ),
    prompts: Schema.Array(Schema.String)
      .check(Schema.isMinLength(1, { message: "expected at least one prompt" }))
      .annotate({
        description:
          "The texts; one that is there twice counts once. Conditions are looked up by them to the byte. The empty one is what guidance needs for no condition."
      }),
    tokens: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 4096 }))
      .annotate({
        description: "Of each prompt: shorter ones are padded, longer ones lose their end.",
        unit: "tokens"
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(promptLength)))
  }),
  folders: ["folder"],
  inputs: {},
  outputs: {
    embedding: port("Embedding[P,E]", { description: "One row a prompt, padding with it." })
  },
  bind: ({ prompts }) => ({ P: new Set(prompts).size }),
  example: `prompts:
  uses: embed/text
  with: { folder: weights/t5-v1_1-xxl, variant: fp16, prompts: ["a photo of a dog", ""] }
`,
  run: async ({ folders, log, params, progress, signal }) => {
    const { tokens, variant } = params
    const prompts = [...new Set(params.prompts)]
    const source = folders["folder"]!
    const tokenizer = await tokenizerIn(source)
    const tokenized = tokenizeT5(tokenizer, prompts.map(preparePrompt), tokens)
    for (const row of tokenized.truncated) {
      log(`${JSON.stringify(prompts[row])} has more than ${tokens} tokens, and has lost its end`)
    }
    const encoder = loadT5Encoder(join(source.location, encoderFolder), variant)
    const { vocabularySize, width } = encoder.config
    try {
      if (tokenizer.size > vocabularySize) {
        throw new UserError(
          `the tokenizer of ${source.path} has ${tokenizer.size} pieces, its text encoder ${vocabularySize}`,
          { hint: "take both from one model", exitCode: 1 }
        )
      }
      const data = await encodeTokens(encoder, tokenized, tokens, { progress, signal })
      return {
        embedding: {
          type: "Embedding",
          kind: "text",
          prompts,
          shape: [prompts.length, tokens, width],
          data,
          mask: tokenized.attentionMask
        }
      }
    } finally {
      tf.dispose(Object.values(encoder.state))
    }
  }
})

/** @throws UserError when the folder has no tokenizer or no encoder in it */
const tokenizerIn = async (source: SourceFolder): Promise<SentencePieceTokenizer> => {
  const names = new Set((await source.list()).map(({ name }) => name))
  for (const needed of [tokenizerFile, `${encoderFolder}/config.json`]) {
    if (names.has(needed)) continue
    throw new UserError(`there is no file ${source.path}/${needed}`, {
      hint: "give a folder with text_encoder/ and tokenizer/, as the models of DeepFloyd IF have them",
      exitCode: 1
    })
  }
  return openTokenizer(join(source.location, ...tokenizerFile.split("/")))
}
