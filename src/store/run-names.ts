/** Names of runs that people can say and remember: `brisk-otter-7`. */
import { randomInt } from "node:crypto"

export const adjectives = (
  "agile amber ample balmy bold brave breezy bright brisk calm candid cheery chilly clever cosy crisp curious dapper daring deft " +
  "eager early fair fleet fond frank fresh gentle glad golden graceful handy happy hardy hazel honest jolly keen kind lively " +
  "loyal lucid lucky mellow merry mild misty neat nimble noble patient plucky polite proud quick quiet rosy silver sunny tidy warm witty"
).split(" ")

export const nouns = (
  "acorn alder aspen badger beaver birch bison breeze brook canyon cedar cello cherry cloud comet condor coral crane cricket dolphin " +
  "ember falcon fern finch fjord garnet gecko glacier harbor hazelnut heron ibis iris island juniper kestrel lagoon lantern lark lemur " +
  "linden lotus lynx maple marble meadow marten nebula oriole osprey otter panda pebble pine plover puffin quartz raven robin sparrow tulip willow"
).split(" ")

/**
 * A name to try; the caller makes sure that it is free.
 *
 * @param attempt how many names were taken already: the numbers grow longer, so that a free name is always found
 */
export const suggestRunName = (attempt: number): string => {
  const adjective = adjectives[randomInt(adjectives.length)]!
  const noun = nouns[randomInt(nouns.length)]!
  return `${adjective}-${noun}-${randomInt(1, 100 * 10 ** Math.min(Math.floor(attempt / 8), 9))}`
}

export const isRunName = (text: string): boolean => /^[a-z]+-[a-z]+-[1-9]\d*$/.test(text)
