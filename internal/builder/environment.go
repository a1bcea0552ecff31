package builder

// hasGit tells whether a buildkitd of ours finds git, which fetches contexts.
func (c child) hasGit() bool {
	_, err := c.find("git")
	return err == nil
}

// environment is what buildkitd gets: where to find programs and how to reach
// registries. Nothing else of ours, which holds the token and the secrets.
func (c child) environment(root string) []string {
	env := append(variables(c.lookup, "PATH", "SSL_CERT_FILE", "SSL_CERT_DIR"), proxies(c.lookup)...)
	env = append(env, logLimits(c.lookup)...)
	// The last is where a rootless runc keeps its state.
	return append(env, "HOME="+root, "TMPDIR="+root, "XDG_RUNTIME_DIR="+root)
}

// logLimits lets a step print as fast as it likes, and much: by itself buildkitd
// leaves out what is more than 200 KB a second, or 2 MB.
func logLimits(lookup func(string) (string, bool)) []string {
	const size, speed = "BUILDKIT_STEP_LOG_MAX_SIZE", "BUILDKIT_STEP_LOG_MAX_SPEED"
	if set := variables(lookup, size, speed); len(set) > 0 {
		return set
	}
	return []string{size + "=67108864", speed + "=-1"} // bytes
}

// proxies is the part of our environment that says how registries are reached.
func proxies(lookup func(string) (string, bool)) []string {
	return variables(lookup, "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
}

func variables(lookup func(string) (string, bool), names ...string) []string {
	var set []string
	for _, name := range names {
		if value, ok := lookup(name); ok {
			set = append(set, name+"="+value)
		}
	}
	return set
}
