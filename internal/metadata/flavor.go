package metadata

// Flavor is the input flavor: what all tags have in common. Zero is the default.
type Flavor struct {
	line           Line
	latest         template // auto, true or false; empty: auto
	prefix, suffix template
	prefixLatest   bool // also for latest
	suffixLatest   bool
}

const (
	acceptsFlavor = "latest=auto, true or false; prefix=TEXT and suffix=TEXT, each with ,onlatest=true where latest is to have it too"
	acceptsLatest = "auto, true or false, or an expression that is one of them, such as {{is_default_branch}}"
)

// ParseFlavor reads the input flavor; a later line wins over an earlier one. The
// error joins one *Error for each mistake.
func ParseFlavor(lines []Line) (Flavor, error) {
	p := &flavorParser{problems: problems{input: "flavor"}, compiler: newCompiler()}
	for _, line := range lines {
		if p.add(line, notUTF8(line.Text)) {
			continue
		}
		all, m := fields(line.Text)
		p.add(line, m)
		p.at, p.onLatest = line, nil
		for _, f := range all {
			p.add(line, p.field(f))
		}
	}
	return p.flavor, p.err()
}

type flavorParser struct {
	problems
	*compiler
	flavor   Flavor
	at       Line
	onLatest *bool // of the prefix or suffix that was read last in the line
}

func (p *flavorParser) field(f field) (m *mistake) {
	switch f.key {
	case "latest":
		m = p.latest(f)
	case "prefix":
		p.flavor.prefix, m = p.template(f.value)
		p.onLatest = &p.flavor.prefixLatest
	case "suffix":
		p.flavor.suffix, m = p.template(f.value)
		p.onLatest = &p.flavor.suffixLatest
	case "onlatest":
		return p.alsoLatest(f)
	case "":
		return wrong(f.offset, acceptsFlavor, "%q has no =", f.value)
	default:
		return wrong(f.offset, acceptsFlavor, "flavor takes no attribute %q", f.key)
	}
	return m.after(f.from)
}

func (p *flavorParser) latest(f field) (m *mistake) {
	p.flavor.line = p.at
	p.flavor.latest, m = p.template(f.value)
	text, ok := p.flavor.latest.constant()
	if m == nil && ok && text != "auto" && text != "true" && text != "false" {
		return wrong(0, acceptsLatest, "latest is %q, which is not one of them", text)
	}
	return m
}

func (p *flavorParser) alsoLatest(f field) *mistake {
	switch {
	case p.onLatest == nil:
		return wrong(f.offset, acceptsFlavor, "onlatest has no prefix or suffix before it in its line")
	case f.value != "true" && f.value != "false":
		return wrong(f.from, "true or false", "onlatest is %q, which is neither true nor false", f.value)
	}
	*p.onLatest = f.value == "true"
	return nil
}

// wantsLatest returns auto, true or false.
func (fl Flavor) wantsLatest(s scope) (string, *Error) {
	switch text := fl.latest.expand(s); text {
	case "":
		if _, ok := fl.latest.constant(); ok {
			return "auto", nil
		}
		return "", fl.line.at("flavor", wrong(0, acceptsLatest, "latest is empty for this run"))
	case "auto", "true", "false":
		return text, nil
	default:
		return "", fl.line.at("flavor", wrong(0, acceptsLatest, "latest is %q for this run", text))
	}
}

// latestTag returns latest, with what it is to have around it.
func (fl Flavor) latestTag(s scope) string {
	tag := Latest
	if fl.prefixLatest {
		tag = fl.prefix.expand(s) + tag
	}
	if fl.suffixLatest {
		tag += fl.suffix.expand(s)
	}
	return tag
}
