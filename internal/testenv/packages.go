package testenv

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// Package is one of GitHub's packages of the type container. Its image is Owner/Name.
type Package struct {
	Owner      string
	Name       string // may have slashes
	Visibility string // public, internal or private; empty means private
	Repository string // owner/name of the linked one; empty means none
	Versions   int
}

func (p Package) image() string { return strings.ToLower(p.Owner + "/" + p.Name) }

// packages are what the registry and the API of GitHub both know.
type packages struct {
	mu  sync.Mutex
	all []Package // the order of their making; its index is the id
}

func newPackages(all []Package) *packages {
	p := &packages{}
	for _, one := range all {
		p.set(one)
	}
	return p
}

func (p *packages) set(one Package) {
	one.Visibility = cmp.Or(one.Visibility, "private")
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := p.index(one.image()); i >= 0 {
		p.all[i] = one
		return
	}
	p.all = append(p.all, one)
}

// pushed counts a version, of a new package if there is none.
func (p *packages) pushed(image string, born Package) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := p.index(image)
	if i < 0 {
		born.Owner, born.Name, _ = strings.Cut(image, "/")
		born.Visibility = cmp.Or(born.Visibility, "private")
		p.all = append(p.all, born)
		i = len(p.all) - 1
	}
	p.all[i].Versions++
}

// find returns a package and its id, which is 0 when there is none.
func (p *packages) find(image string) (one Package, id int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := p.index(image)
	if i < 0 {
		return Package{}, 0
	}
	return p.all[i], i + 1
}

func (p *packages) public(image string) bool {
	one, _ := p.find(image)
	return one.Visibility == "public"
}

func (p *packages) index(image string) int {
	return slices.IndexFunc(p.all, func(one Package) bool { return one.image() == strings.ToLower(image) })
}
