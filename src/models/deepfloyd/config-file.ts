/** A model's `config.json`, as Hugging Face's libraries write it: read field by field, all that is wrong told at once. */
import { readFileSync, statSync } from "node:fs"
import * as path from "node:path"
import { unreadableReason } from "../../base/unreadable-reason.ts"
import { UserError } from "../../base/user-error.ts"
import { brief, isRecord, parseJsonObject } from "../../safetensors/json-object.ts"

export interface ConfigFile {
  /** How messages name it. */
  readonly shown: string
  readonly json: Readonly<Record<string, unknown>>
}

/**
 * The `config.json` of a model's folder.
 *
 * @throws UserError when there is none, or it is no JSON object
 */
export const readConfigFile = (folder: string): ConfigFile => {
  const shown = path.join(folder, "config.json")
  const json = parseJsonObject(readBytes(shown), "it", (problem) => {
    throw new UserError(`${shown} is not a sound configuration: ${problem}`)
  })
  return { shown, json }
}

const readBytes = (file: string): Uint8Array => {
  try {
    if (statSync(file, { throwIfNoEntry: false }) !== undefined) return readFileSync(file)
  } catch (cause) {
    throw new UserError(`${file} cannot be read: ${unreadableReason(cause)}`, { cause })
  }
  throw new UserError(`there is no file ${file}`, {
    hint: "give the folder of one model, with its config.json and its weights, such as unet/ or text_encoder/"
  })
}

type Plain = string | number | boolean | null

/** A configuration's fields. A field that is not there has its library's default, `absent`; without one it must be there. */
export interface Fields {
  /** A whole number of 1 or more. */
  readonly count: (name: string, absent?: number) => number
  /** The same, or null, as which a missing field counts. */
  readonly countOrNull: (name: string) => number | undefined
  /** A finite number above 0. */
  readonly positive: (name: string, absent?: number) => number
  readonly flag: (name: string, absent: boolean) => boolean
  /** One of the values that are supported. */
  readonly oneOf: <V extends Plain>(name: string, supported: ReadonlyArray<V>, absent?: Plain) => V
  /** One whole number of 1 or more for each level: a list, or one number for all. */
  readonly countPerLevel: (name: string, levels: number, absent?: number) => ReadonlyArray<number>
  /** A list with one or more of the supported values. */
  readonly listOf: <V extends Plain>(name: string, supported: ReadonlyArray<V>) => ReadonlyArray<V>
  /** A list with one or more whole numbers of 1 or more. */
  readonly counts: (name: string) => ReadonlyArray<number>
  /** Fields that change nothing in this network, whatever they say. */
  readonly unused: (names: ReadonlyArray<string>) => void
  /** Notes what is wrong, unless something is already: it may only follow from that. */
  readonly check: (isRight: boolean, problem: () => string) => void
}

/**
 * The configuration that `read` makes of a file's fields.
 *
 * Fields that `read` does not ask for must be null, or begin with an underscore: what another field changes is not known here.
 *
 * @param network how messages name what is configured
 * @throws UserError that names each field that is wrong, its value, and what is supported
 */
export const readFields = <A>(
  { json, shown }: ConfigFile,
  network: string,
  read: (fields: Fields) => A
): A => {
  const problems: Array<string> = []
  const asked = new Set<string>()
  const valueOf = (name: string, absent?: Plain): unknown => {
    asked.add(name)
    return Object.hasOwn(json, name) ? json[name] : absent
  }
  const refuse = (name: string, value: unknown, supported: string): void => {
    problems.push(
      value === undefined
        ? `${name} is missing; supported is ${supported}`
        : `${name} is ${brief(value)}; supported is ${supported}`
    )
  }
  const listed = (values: ReadonlyArray<Plain>) =>
    values.map((value) => JSON.stringify(value)).join(" or ")
  const fields: Fields = {
    count: (name, absent) => {
      const value = valueOf(name, absent)
      if (isPositiveInteger(value)) return value
      refuse(name, value, wholeNumber)
      return 1
    },
    countOrNull: (name) => {
      const value = valueOf(name, null)
      if (value === null) return undefined
      if (isPositiveInteger(value)) return value
      refuse(name, value, `${wholeNumber}, or null`)
      return 1
    },
    positive: (name, absent) => {
      const value = valueOf(name, absent)
      if (typeof value === "number" && value > 0 && Number.isFinite(value)) return value
      refuse(name, value, "a number above 0")
      return 1
    },
    flag: (name, absent) => {
      const value = valueOf(name, absent)
      if (typeof value === "boolean") return value
      refuse(name, value, "true or false")
      return absent
    },
    oneOf: <V extends Plain>(name: string, supported: ReadonlyArray<V>, absent?: Plain) => {
      const value = valueOf(name, absent)
      const found = supported.find((one) => one === value)
      if (found !== undefined) return found
      refuse(name, value, listed(supported))
      return supported[0]!
    },
    countPerLevel: (name, levels, absent) => {
      const value = valueOf(name, absent)
      if (isPositiveInteger(value)) return Array<number>(levels).fill(value)
      if (isListOf(value, isPositiveInteger) && value.length === levels) return value
      refuse(name, value, `${wholeNumber}, or a list of ${levels} of them`)
      return Array<number>(levels).fill(1)
    },
    listOf: <V extends Plain>(name: string, supported: ReadonlyArray<V>) => {
      const value = valueOf(name)
      const isSupported = (one: unknown): one is V => supported.some((known) => known === one)
      if (isListOf(value, isSupported)) return value
      const shown = Array.isArray(value) ? value.find((one) => !isSupported(one)) : undefined
      if (shown === undefined) refuse(name, value, `a list of ${listed(supported)}`)
      else problems.push(`${name} holds ${brief(shown)}; supported is ${listed(supported)}`)
      return [supported[0]!]
    },
    counts: (name) => {
      const value = valueOf(name)
      if (isListOf(value, isPositiveInteger)) return value
      refuse(name, value, "a list of whole numbers of 1 or more")
      return [1]
    },
    unused: (names) => {
      for (const name of names) asked.add(name)
    },
    check: (isRight, problem) => {
      if (!isRight && problems.length === 0) problems.push(problem())
    }
  }
  const config = read(fields)
  for (const [name, value] of Object.entries(json)) {
    if (asked.has(name) || name.startsWith("_") || value === null) continue
    problems.push(`${name} is ${brief(value)}; it is not known here what that changes`)
  }
  if (problems.length === 0) return config
  throw new UserError(
    `${shown} does not describe ${network} that can be built here:\n${problems.map((line) => `  ${line}`).join("\n")}`,
    { hint: "give the folder of a model with such a configuration" }
  )
}

const wholeNumber = "a whole number of 1 or more"

const isPositiveInteger = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 1

const isListOf = <V>(
  value: unknown,
  isOne: (one: unknown) => one is V
): value is ReadonlyArray<V> => Array.isArray(value) && value.length > 0 && value.every(isOne)

/** How messages name the model that a configuration is of, as far as it says; undefined when it does not. */
export const modelNamed = (json: ConfigFile["json"]): string | undefined => {
  const { _class_name: diffusers, architectures, model_type: transformers } = json
  if (typeof diffusers === "string") return diffusers
  const [architecture] = Array.isArray(architectures) ? (architectures as Array<unknown>) : []
  if (typeof architecture === "string") return architecture
  return typeof transformers === "string" ? transformers : undefined
}

/** Parsed JSON as a configuration. */
export const configFrom = (json: unknown, shown: string): ConfigFile => {
  if (isRecord(json)) return { shown, json }
  throw new UserError(`${shown} is not a sound configuration: it is not a JSON object`)
}
