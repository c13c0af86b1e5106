package template

import "strings"

// class says how a function of Sprig is offered.
type class int

const (
	classUnsorted class = iota // a function that nobody has thought about is not offered
	classPlain                 // as it is
	classMeasured              // what it gets and what it gives is measured
	classMerge                 // measured, and all that is printed from then on too
	classShallow               // what it gives is counted
	classOwn                   // this package has its own
	classRandom                // refused unless Options.Loose
	classOutside               // refused
)

// Functions that neither look into lists and maps nor give more text than they get.
const plainNames = `
	abbrev abbrevboth adler32sum all any atoi b32dec b64dec base buildCustomCert clean
	coalesce contains date_modify dateModify decryptAES default derivePassword dig dir
	duration empty ext fail first get hasKey hasPrefix hasSuffix hello initials isAbs kindIs
	kindOf last must_date_modify mustDateModify mustFirst mustLast mustRegexFind
	mustRegexMatch nospace osBase osClean osDir osExt osIsAbs plural regexFind regexMatch
	semver semverCompare sha1sum sha256sum sha512sum substr ternary trim trimAll trimPrefix
	trimSuffix trimall trunc typeIs typeIsLike typeOf unixEpoch unset untitle urlParse`

// Functions that look into lists and maps, or give more text than they get. Those of
// numbers are here because they print what is not a number before they make it 0.
const measuredNames = `
	add add1 add1f addf b32enc b64enc biggest camelcase cat ceil deepCopy deepEqual div divf
	float64 floor fromJson has int int64 kebabcase lower max maxf min minf mod mul mulf
	mustDeepCopy mustFromJson mustHas mustToJson mustToPrettyJson mustToRawJson mustUniq
	mustWithout quote regexQuoteMeta round snakecase sortAlpha squote sub subf swapcase title
	toDecimal toJson toPrettyJson toRawJson toString toStrings uniq upper urlJoin without`

// Functions that also change what they get, at any depth.
const mergeNames = ` merge mergeOverwrite mustMerge mustMergeOverwrite`

// Functions that make lists and maps of what they get, without looking into that.
const shallowNames = `
	chunk compact concat initial list mustChunk mustCompact mustInitial mustPrepend mustRest
	mustReverse omit pick pluck prepend rest reverse tuple`

const ownNames = `
	ago append date dateInZone date_in_zone dict durationRound env htmlDate htmlDateInZone indent join
	keys mustAppend mustPush mustRegexFindAll mustRegexReplaceAll mustRegexReplaceAllLiteral mustRegexSplit
	mustSlice mustToDate nindent now push regexFindAll regexReplaceAll regexReplaceAllLiteral regexSplit repeat
	replace seq set slice split splitList splitn toDate until untilStep values wrap wrapWith`

const randomNames = `
	bcrypt encryptAES genCA genCAWithKey genPrivateKey genSelfSignedCert genSelfSignedCertWithKey
	genSignedCert genSignedCertWithKey htpasswd randAlpha randAlphaNum randAscii randBytes
	randInt randNumeric shuffle uuidv4`

const outsideNames = ` expandenv getHostByName`

// addedNames are the functions that are not Sprig's.
const addedNames = `
	dump_debug env eq fromYaml html include include_debug js ne print printf printf_debug println
	required toYaml tpl tpl_debug urlquery`

// builtinNames are the functions of text/template that stay as they are.
const builtinNames = ` and call ge gt index le len lt not or`

// classes returns the class of each function of Sprig.
func classes() map[string]class {
	of := make(map[string]class, 256)
	for c, names := range map[class]string{
		classPlain: plainNames, classMeasured: measuredNames,
		classMerge: mergeNames, classShallow: shallowNames, classOwn: ownNames,
		classRandom: randomNames, classOutside: outsideNames,
	} {
		for _, name := range strings.Fields(names) {
			of[name] = c
		}
	}
	return of
}

// refusal is the error for a function that is not offered.
func refusal(name string) error {
	switch name {
	case "expandenv":
		return message("expandenv is refused: it reads the whole environment; use env for each variable")
	case "getHostByName":
		return message("getHostByName is refused: it asks the network, and the result must follow from the commit alone")
	}
	return messagef("%s is refused: it gives another result each time, so that every build would be a new one; write the value into the project or take it from env, or build with --loose-giterminism", name)
}
