/**
 * Reads a SentencePiece model file: `ModelProto` of sentencepiece_model.proto
 * (https://github.com/google/sentencepiece). The numbers are the field numbers there; the wire format is protobufjs's
 * business.
 */
import { readFileSync, statSync } from "node:fs"
import protobuf, { type Reader } from "protobufjs/minimal.js"
import { unreadableReason } from "../../base/unreadable-reason.ts"
import { UserError } from "../../base/user-error.ts"
import type { NormaliserSpec, Piece, PieceKind, SentencePieceModel } from "./model.ts"

/** Far more than any vocabulary needs; T5's file has 0.8 MB. */
const maxModelBytes = 100_000_000

/**
 * @param shown how messages name the file
 * @throws UserError when the file cannot be read, is damaged, or is no unigram model
 */
export const readSentencePieceModel = (path: string, shown = path): SentencePieceModel => {
  let bytes
  try {
    const { size } = statSync(path)
    if (size > maxModelBytes) {
      throw new UserError(`${shown} has ${size} bytes, too many for a SentencePiece model`)
    }
    bytes = readFileSync(path)
  } catch (cause) {
    if (cause instanceof UserError) throw cause
    throw new UserError(`${shown} cannot be read: ${unreadableReason(cause)}`, { cause })
  }
  return decodeSentencePieceModel(bytes, shown)
}

/** @throws UserError as `readSentencePieceModel` does */
export const decodeSentencePieceModel = (
  bytes: Uint8Array,
  shown = "the file"
): SentencePieceModel => {
  const refuse = (problem: string): never => {
    throw new UserError(`${shown} is not a sound SentencePiece model: ${problem}`, {
      exitCode: 1,
      hint: "a tokenizer of T5 has it as spiece.model, about 0.8 MB"
    })
  }
  let model: Read
  try {
    model = readModel(bytes)
  } catch (error) {
    if (error instanceof UserError) throw error
    // What protobufjs throws for what is no protocol buffer: a RangeError at the end, else an Error.
    return refuse(error instanceof Error ? error.message : String(error))
  }
  const { pieces, trainer, normaliser } = model
  if (pieces.length === 0) return refuse("it has no pieces")
  if (trainer.modelType !== unigram) {
    return refuse(
      `it is of the type ${modelTypes[trainer.modelType] ?? trainer.modelType}, not unigram as T5's is`
    )
  }
  const texts = new Set<string>()
  for (const [id, { score, text }] of pieces.entries()) {
    if (text === "") return refuse(`piece ${id} is empty`)
    if (texts.has(text)) return refuse(`piece ${id}, "${text}", is there twice`)
    if (!Number.isFinite(score)) return refuse(`piece ${id} has the score ${score}`)
    texts.add(text)
  }
  const unknown = pieces.flatMap(({ kind }, id) => (kind === "unknown" ? [id] : []))
  const [unknownId] = unknown
  if (unknownId === undefined || unknown.length > 1) {
    return refuse(`it has ${unknown.length} unknown pieces where one should be`)
  }
  const control = (id: number) => (pieces[id]?.kind === "control" ? id : undefined)
  const byteFallback = pieces.some(({ kind }) => kind === "byte")
  if (byteFallback !== trainer.byteFallback) {
    return refuse("its setting for byte fallback does not fit its pieces")
  }
  return {
    pieces,
    unknownId,
    endId: control(trainer.endId),
    padId: control(trainer.padId),
    byteFallback,
    spaceAsSuffix: trainer.spaceAsSuffix,
    unknownSurface: trainer.unknownSurface,
    normaliser
  }
}

const unigram = 1
const modelTypes: { readonly [type: number]: string } = {
  1: "unigram",
  2: "BPE",
  3: "word",
  4: "character"
}

const pieceKinds: { readonly [type: number]: PieceKind } = {
  1: "normal",
  2: "unknown",
  3: "control",
  4: "userDefined",
  5: "unused",
  6: "byte"
}

interface Trainer {
  modelType: number
  spaceAsSuffix: boolean
  byteFallback: boolean
  endId: number
  padId: number
  unknownSurface: string
}

interface Read {
  readonly pieces: Array<Piece>
  /** With the defaults of the .proto file. */
  readonly trainer: Trainer
  readonly normaliser: { -readonly [K in keyof NormaliserSpec]: NormaliserSpec[K] }
}

const readModel = (bytes: Uint8Array): Read => {
  const model: Read = {
    pieces: [],
    trainer: {
      modelType: unigram,
      spaceAsSuffix: false,
      byteFallback: false,
      endId: 2,
      padId: -1,
      unknownSurface: " \u2047 "
    },
    normaliser: {
      characterMap: new Uint8Array(),
      addDummyPrefix: true,
      removeExtraSpaces: true,
      escapeSpaces: true
    }
  }
  eachField(protobuf.Reader.create(bytes), undefined, {
    1: (reader) => model.pieces.push(readPiece(reader)),
    2: (reader) => readTrainer(reader, model.trainer),
    3: (reader) => readNormaliser(reader, model.normaliser)
  })
  return model
}

const readPiece = (reader: Reader): Piece => {
  const piece = { text: "", score: 0, kind: "normal" as PieceKind }
  message(reader, {
    1: () => (piece.text = text(reader)),
    2: () => (piece.score = reader.float()),
    3: () => {
      const type = reader.int32()
      const kind = pieceKinds[type]
      if (kind === undefined) throw new Error(`a piece has the type ${type}`)
      piece.kind = kind
    }
  })
  return piece
}

const readTrainer = (reader: Reader, trainer: Trainer): void =>
  message(reader, {
    3: () => (trainer.modelType = reader.int32()),
    24: () => (trainer.spaceAsSuffix = reader.bool()),
    35: () => (trainer.byteFallback = reader.bool()),
    42: () => (trainer.endId = reader.int32()),
    43: () => (trainer.padId = reader.int32()),
    44: () => (trainer.unknownSurface = text(reader))
  })

const readNormaliser = (reader: Reader, normaliser: Read["normaliser"]): void =>
  message(reader, {
    2: () => (normaliser.characterMap = reader.bytes().slice()),
    3: () => (normaliser.addDummyPrefix = reader.bool()),
    4: () => (normaliser.removeExtraSpaces = reader.bool()),
    5: () => (normaliser.escapeSpaces = reader.bool())
  })

type Fields = { readonly [field: number]: (reader: Reader) => unknown }

const message = (reader: Reader, fields: Fields): void => {
  const length = reader.uint32()
  eachField(reader, reader.pos + length, fields)
}

/** Fields that nobody asks for are skipped: the training's settings are many. */
const eachField = (reader: Reader, end: number | undefined, fields: Fields): void => {
  const last = end ?? reader.len
  if (last > reader.len) throw new Error("it ends within a message")
  while (reader.pos < last) {
    const tag = reader.uint32()
    const read = fields[tag >>> 3]
    if (read === undefined) reader.skipType(tag & 7)
    else read(reader)
  }
  if (reader.pos !== last) throw new Error("a message does not end where it says")
}

/** protobufjs puts U+FFFD where bytes are not UTF-8; two such pieces would then be taken for one. */
const text = (reader: Reader): string =>
  new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(reader.bytes())
