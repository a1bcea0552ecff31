package packages

// Docker returns the host of the server's older registry, which keeps packages of
// a repository.
func (s Server) Docker() string {
	if s.host == "" {
		return DockerGitHub
	}
	return "docker." + s.host
}
