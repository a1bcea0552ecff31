package inputs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/metadata"
)

// What is written to files, as docker buildx build --output reads it.
func TestOutputs(t *testing.T) {
	t.Parallel()
	dir := checkout(t, "out/there", "old.tar")
	at := func(kind inputs.OutputType, path string, attributes attrs) inputs.Output {
		if attributes == nil {
			attributes = attrs{}
		}
		return inputs.Output{Type: kind, Dest: filepath.Join(dir, path), Attrs: attributes}
	}
	layout := at(inputs.OutputOCI, "new/layout", nil)
	layout.Unpacked = true
	cases := map[string]struct {
		value string
		want  []inputs.Output
	}{
		"a path alone":             {"out", []inputs.Output{at(inputs.OutputLocal, "out", nil)}},
		"a path with blanks":       {" my out ", []inputs.Output{at(inputs.OutputLocal, "my out", nil)}},
		"a directory":              {"type=local,dest=new/out", []inputs.Output{at(inputs.OutputLocal, "new/out", nil)}},
		"an absolute directory":    {"type=local,dest=" + dir + "/out", []inputs.Output{at(inputs.OutputLocal, "out", nil)}},
		"the workspace":            {"type=local,dest=.", []inputs.Output{at(inputs.OutputLocal, "", nil)}},
		"a directory to empty":     {"type=local,dest=out,mode=delete,platform-split=false", []inputs.Output{at(inputs.OutputLocal, "out", attrs{"mode": "delete", "platform-split": "false"})}},
		"an archive":               {"type=tar,dest=new/a.tar", []inputs.Output{at(inputs.OutputTar, "new/a.tar", nil)}},
		"one that is there":        {"type=tar,dest=old.tar", []inputs.Output{at(inputs.OutputTar, "old.tar", nil)}},
		"a layout in an archive":   {"type=oci,dest=a.tar,tar=true,annotation.a=b", []inputs.Output{at(inputs.OutputOCI, "a.tar", attrs{"annotation.a": "b"})}},
		"a layout as a directory":  {"type=oci,dest=new/layout,tar=false", []inputs.Output{layout}},
		"for docker load":          {"type=docker,dest=a.tar,name=octo/app:1,compression=zstd", []inputs.Output{at(inputs.OutputDocker, "a.tar", attrs{"name": "octo/app:1", "compression": "zstd"})}},
		"capitals and blanks":      {" Type=local , DEST=out ", []inputs.Output{at(inputs.OutputLocal, "out", nil)}},
		"a comma":                  {`type=local,"dest=a,b"`, []inputs.Output{at(inputs.OutputLocal, "a,b", nil)}},
		"a line in quotes":         {`"type=local,dest=out"`, []inputs.Output{at(inputs.OutputLocal, "out", nil)}},
		"several, and a comment":   {"out\n# type=tar,dest=x\n\ntype=tar,dest=a.tar", []inputs.Output{at(inputs.OutputLocal, "out", nil), at(inputs.OutputTar, "a.tar", nil)}},
		"nothing but the cache":    {"type=cacheonly", nil},
		"into the engine":          {"type=docker", nil},
		"what is published anyway": {"type=image", nil},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			in, err := parse(dir, vars{"outputs": c.value})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, in.Outputs); diff != "" {
				t.Errorf("Parse(outputs: %q), -want +got:\n%s", c.value, diff)
			}
			if in.Load != (c.value == "type=docker") {
				t.Errorf("Parse(outputs: %q) loads: %v", c.value, in.Load)
			}
		})
	}
}

// pushed is what outputs says of the published image, with what other inputs say.
type pushed struct {
	Push   inputs.Push
	Images []string
	Said   inputs.Pushed
	Tags   []string
}

// Lines of type=image say what the published image is like, where it goes, and
// whether.
func TestOutputsOfTheImage(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	said := func(push inputs.Push, with inputs.Pushed) pushed {
		with.Push = push
		return pushed{Push: push, Images: []string{}, Said: with}
	}
	cases := map[string]struct {
		set  vars
		want pushed
	}{
		"to a registry":            {vars{"outputs": "type=registry"}, said(inputs.PushTrue, inputs.Pushed{})},
		"pushed":                   {vars{"outputs": "type=image,push=true"}, said(inputs.PushTrue, inputs.Pushed{})},
		"pushed, both say so":      {vars{"outputs": "type=image,push=true", "push": "true"}, said(inputs.PushTrue, inputs.Pushed{})},
		"not pushed":               {vars{"outputs": "type=image,push=false"}, said(inputs.PushFalse, inputs.Pushed{})},
		"for the cache alone":      {vars{"outputs": "type=cacheonly"}, said(inputs.PushFalse, inputs.Pushed{})},
		"the cache, and a push":    {vars{"outputs": "type=cacheonly", "push": "true"}, pushed{Push: inputs.PushTrue, Images: []string{}}},
		"nothing said":             {vars{"outputs": "type=image"}, pushed{Push: inputs.PushAuto, Images: []string{}}},
		"by digest":                {vars{"outputs": "type=image,push-by-digest=true,name-canonical=true,push=true"}, said(inputs.PushTrue, inputs.Pushed{ByDigest: true})},
		"by digest, with its name": {vars{"outputs": "type=image,name=ghcr.io/Octo/App,push-by-digest=true,push=true"}, pushed{inputs.PushTrue, []string{}, inputs.Pushed{Push: inputs.PushTrue, ByDigest: true, Names: []string{"ghcr.io/octo/app"}}, nil}},
		"a name without a host":    {vars{"outputs": "type=registry,name=octo/app"}, pushed{inputs.PushTrue, []string{}, inputs.Pushed{Push: inputs.PushTrue, Names: []string{"octo/app"}}, nil}},
		"a local name's tag":       {vars{"outputs": "type=image,name=app:1", "push": "false"}, pushed{inputs.PushFalse, []string{}, inputs.Pushed{}, []string{"app:1"}}},
		"names with tags":          {vars{"outputs": `type=image,push=true,"name=ghcr.io/octo/app:1,ghcr.io/octo/app"`}, pushed{inputs.PushTrue, []string{}, inputs.Pushed{Push: inputs.PushTrue}, []string{"ghcr.io/octo/app:1", "ghcr.io/octo/app:latest"}}},
		"an image and its name":    {vars{"outputs": "type=image,name=ghcr.io/octo/app", "image": "octo/app"}, pushed{inputs.PushAuto, []string{"octo/app"}, inputs.Pushed{Names: []string{"ghcr.io/octo/app"}}, nil}},
		"compressed":               {vars{"outputs": "type=image,compression=zstd,compression-level=3,force-compression=true,oci-mediatypes=true"}, pushed{inputs.PushAuto, []string{}, inputs.Pushed{Options: attrs{"compression": "zstd", "compression-level": "3", "force-compression": "true", "oci-mediatypes": "true"}}, nil}},
		"what is so anyway":        {vars{"outputs": "type=image,store=false,unpack=false,registry.insecure=false"}, pushed{Push: inputs.PushAuto, Images: []string{}}},
		"two lines of one image":   {vars{"outputs": "type=image,name=ghcr.io/a/b,oci-artifact=true,push=true\ntype=registry,name=ghcr.io/a/c,oci-artifact=true"}, pushed{inputs.PushTrue, []string{}, inputs.Pushed{Push: inputs.PushTrue, Names: []string{"ghcr.io/a/b", "ghcr.io/a/c"}, Options: attrs{"oci-artifact": "true"}}, nil}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			in, err := parse(dir, c.set)
			if err != nil {
				t.Fatal(err)
			}
			got := pushed{Push: in.Push, Images: in.Images, Said: in.Pushed}
			for _, rule := range in.Tags {
				got.Tags = append(got.Tags, rule.Text)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("Parse(%v), -want +got:\n%s", c.set, diff)
			}
			if len(in.Outputs) != 0 {
				t.Errorf("Parse(%v) writes %v", c.set, in.Outputs)
			}
		})
	}
}

// Annotations of an image are those of the input annotations.
func TestOutputsWithAnnotations(t *testing.T) {
	t.Parallel()
	in, err := parse(checkout(t), vars{"annotations": "one=1", "outputs": "type=image,annotation.two=2,annotation-index.three=3,annotation-manifest[linux/arm64].org.four=4"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range in.Annotations.Values(metadata.Facts{}) {
		got = append(got, a.String())
	}
	if diff := cmp.Diff([]string{"manifest:one=1", "index:one=1", "index:three=3", "manifest[linux/arm64]:org.four=4", "manifest:two=2"}, got); diff != "" {
		t.Errorf("annotations, -want +got:\n%s", diff)
	}
}

func TestOutputsThatAreNone(t *testing.T) {
	t.Parallel()
	dir := checkout(t, "file", "out/file")
	outside := t.TempDir()
	for link, target := range map[string]string{"away": outside, "nowhere": filepath.Join(outside, "absent"), "passwd": "/etc/passwd", "gone": filepath.Join(dir, "absent")} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	cases := map[string]struct {
		set  vars
		says []string
	}{
		"an unknown type":               {vars{"outputs": "out\ntype=ocy,dest=x"}, []string{`line 2, "type=ocy,dest=x": the type "ocy" is not known (did you mean oci?)`}},
		"a type in capitals":            {vars{"outputs": "type=Local,dest=x"}, []string{`did you mean local?`}},
		"a type like no other":          {vars{"outputs": "type=squashfs,dest=x"}, []string{`the type "squashfs" is not known; accepted: type=local`}},
		"no type":                       {vars{"outputs": "dest=out"}, []string{"it has no type"}},
		"half a pair":                   {vars{"outputs": "type=local,out"}, []string{`line 1, "type=local,out": part 2 of it is not NAME=value`}},
		"quotes":                        {vars{"outputs": `type=local,dest="x`}, []string{"its quotes are not those of CSV"}},
		"no dest":                       {vars{"outputs": "type=tar"}, []string{"type=tar needs dest=PATH"}},
		"standard output":               {vars{"outputs": "-"}, []string{"dest=- is standard output"}},
		"standard output, too":          {vars{"outputs": "type=oci,dest=-"}, []string{"dest=- is standard output"}},
		"above the workspace":           {vars{"outputs": "type=local,dest=../x"}, []string{"outside the workspace"}},
		"a file above it":               {vars{"outputs": "type=tar,dest=../x.tar"}, []string{"outside the workspace"}},
		"another place":                 {vars{"outputs": "type=docker,dest=/tmp/image.tar"}, []string{"outside the workspace"}},
		"a link that leads out":         {vars{"outputs": "type=local,dest=away"}, []string{"outside the workspace"}},
		"below such a link":             {vars{"outputs": "type=tar,dest=away/new/x.tar"}, []string{"outside the workspace"}},
		"a link to a file outside":      {vars{"outputs": "type=tar,dest=passwd"}, []string{"it is a link; name what it leads to"}},
		"a link to nothing":             {vars{"outputs": "type=oci,dest=nowhere"}, []string{"it is a link"}},
		"a link to nothing here":        {vars{"outputs": "type=local,dest=gone/x"}, []string{"is a link to nothing"}},
		"a file for a directory":        {vars{"outputs": "type=local,dest=file"}, []string{"it is not a directory"}},
		"below a file":                  {vars{"outputs": "type=tar,dest=file/x"}, []string{"file"}},
		"a directory for a file":        {vars{"outputs": "type=tar,dest=out"}, []string{"is a directory"}},
		"the process":                   {vars{"outputs": "type=local,dest=/proc/self"}, []string{"outside the workspace"}},
		"emptying what is written into": {vars{"outputs": "type=local,dest=out,mode=delete\ntype=tar,dest=out/x.tar"}, []string{"mode=delete would empty", "out/x.tar"}},
		"emptying the workspace":        {vars{"outputs": "type=local,dest=out/..,mode=delete"}, []string{"mode=delete would empty the workspace"}},
		"one place twice":               {vars{"outputs": "type=tar,dest=x\ntype=oci,dest=./x"}, []string{"another line writes to the same place"}},
		"a place in capitals, too":      {vars{"outputs": "type=tar,dest=x,Dest=y"}, []string{"dest is given twice"}},
		"an unknown attribute":          {vars{"outputs": "type=tar,dest=x,mode=delete"}, []string{"there is no attribute mode; there are attestation-prefix, dest"}},
		"an unknown mode":               {vars{"outputs": "type=local,dest=x,mode=merge"}, []string{`mode: "merge" is not one of copy, delete`}},
		"an unknown compression":        {vars{"outputs": "type=oci,dest=x,compression=lzma"}, []string{`"lzma" is not one of gzip`}},
		"types without zstd":            {vars{"outputs": "type=oci,dest=x,compression=zstd,oci-mediatypes=false"}, []string{"compression=zstd needs OCI's media types"}},
		"an image with a place":         {vars{"outputs": "type=image,dest=x"}, []string{"type=oci and type=docker write files"}},
		"a loaded image's digest":       {vars{"outputs": "type=docker,name=a/b@sha256:" + strings.Repeat("0", 64)}, []string{"has a digest, and an image is loaded under a tag"}},
		"a loaded image's name":         {vars{"outputs": "type=docker,name=a//b"}, []string{"name: "}},
		"a Docker context":              {vars{"outputs": "type=docker,context=c"}, []string{"a step has no Docker contexts"}},
		"a name that is none":           {vars{"outputs": "type=image,name=a//b"}, []string{`"a//b" is not an image`}},
		"an empty name":                 {vars{"outputs": "type=image,name=,push=true"}, []string{"name: it names no image: is a variable empty?"}},
		"an empty name of a file":       {vars{"outputs": "type=oci,dest=x,name="}, []string{"name: it names no image: is a variable empty?"}},
		"an empty tag of a name":        {vars{"outputs": "type=image,name=ghcr.io/a/b:,push=true"}, []string{`"ghcr.io/a/b:" is not an image`}},
		"a name with a digest":          {vars{"outputs": "type=image,name=a/b@sha256:" + strings.Repeat("a", 64)}, []string{"has a digest"}},
		"a tag beside tags":             {vars{"outputs": "type=image,name=ghcr.io/a/b:1", "tags": "2"}, []string{"a tag stands in the input tags"}},
		"a registry without a push":     {vars{"outputs": "type=registry,push=false"}, []string{"type=registry pushes, and push is false"}},
		"a push that push refuses":      {vars{"outputs": "type=registry", "push": "false"}, []string{"a line has push=true, and the input push is false"}},
		"none where push wants it":      {vars{"outputs": "type=image,push=false", "push": "true"}, []string{"a line has push=false, and the input push is true"}},
		"a push and none":               {vars{"outputs": "type=image,push=false\ntype=registry"}, []string{"one line pushes the image, and another has push=false"}},
		"two images":                    {vars{"outputs": "type=image,compression=zstd\ntype=image"}, []string{`line 2, "type=image": it wants another image`}},
		"http elsewhere":                {vars{"outputs": "type=image,push=true,registry.insecure=true"}, []string{"a registry on loopback is spoken to over plain http"}},
		"the builder's store":           {vars{"outputs": "type=image,store=true"}, []string{"the input load puts it into a Docker engine"}},
		"an annotation without a key":   {vars{"outputs": "type=image,annotation=x"}, []string{"an annotation is written annotation.KEY"}},
		"an annotation's level":         {vars{"outputs": "type=image,annotation-layer.a=b"}, []string{`the level "layer" is not known`}},
		"an attribute of the cacheonly": {vars{"outputs": "type=cacheonly,dest=x"}, []string{"there is no attribute dest"}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			_, err := parse(dir, c.set)
			wantMistake(t, err, "outputs", c.says...)
		})
	}
	if entries, err := os.ReadDir(outside); err != nil || len(entries) != 0 {
		t.Errorf("outside there are %v, %v", entries, err)
	}
}

// Nothing is written where a link of the image could lead it elsewhere, nor below a file.
// The directory itself is no link of the image's, and what is written when the build has
// ended looks again.
func TestPathsThatOverlap(t *testing.T) {
	t.Parallel()
	dir := checkout(t, "dist/abs/c/file")
	symlink(t, "dist", filepath.Join(dir, "alias"))
	for title, c := range map[string]struct {
		set   vars
		input string // where the mistake is; empty for none
	}{
		"a cache":                              {vars{"outputs": "dist", "cache-to": "type=local,dest=dist/abs/c"}, "cache-to"},
		"a cache, over a link":                 {vars{"outputs": "dist", "cache-to": "type=local,dest=alias/c"}, "cache-to"},
		"a cache in the same place":            {vars{"outputs": "dist", "cache-to": "type=local,dest=dist"}, "cache-to"},
		"a cache, the workspace is filled":     {vars{"outputs": ".", "cache-to": "type=local,dest=cache"}, "cache-to"},
		"another directory":                    {vars{"outputs": "dist\ndist/abs"}, "outputs"},
		"another directory, named first":       {vars{"outputs": "dist/abs\ndist"}, "outputs"},
		"an unpacked layout":                   {vars{"outputs": "dist\ntype=oci,dest=dist/oci,tar=false"}, "outputs"},
		"an archive in a directory of it":      {vars{"outputs": "dist\ntype=tar,dest=dist/abs/x.tar"}, "outputs"},
		"an archive in it":                     {vars{"outputs": "dist\ntype=tar,dest=dist/x.tar"}, ""},
		"a file that is written later":         {vars{"outputs": "dist", "metadata-file": "dist/abs/m.json", "build-record": "dist/r"}, ""},
		"a directory in a cache":               {vars{"outputs": "c/dist", "cache-to": "type=local,dest=c"}, ""},
		"a cache beside":                       {vars{"outputs": "dist", "cache-to": "type=local,dest=dist2"}, ""},
		"a cache in an archive":                {vars{"outputs": "type=tar,dest=x", "cache-to": "type=local,dest=x/c"}, "cache-to"},
		"a cache that is an archive":           {vars{"outputs": "type=tar,dest=x", "cache-to": "type=local,dest=x"}, "cache-to"},
		"a cache that is a record":             {vars{"build-record": "x", "cache-to": "type=local,dest=x"}, "cache-to"},
		"a record in an archive":               {vars{"outputs": "type=tar,dest=x", "build-record": "x/r"}, "build-record"},
		"a directory in a file":                {vars{"outputs": "x/dist", "metadata-file": "x"}, "outputs"},
		"an emptied directory and a file":      {vars{"outputs": "type=local,dest=dist,mode=delete", "metadata-file": "dist/m.json"}, "outputs"},
		"an emptied directory and its archive": {vars{"outputs": "type=local,dest=dist,mode=delete\ntype=tar,dest=dist/x.tar"}, "outputs"},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			_, err := parse(dir, c.set)
			if c.input != "" {
				wantMistake(t, err, c.input, dir)
			} else if err != nil {
				t.Errorf("Parse(%v) = %v, want no error", c.set, err)
			}
		})
	}
}

// Every line that is wrong is reported, each with its number and its text.
func TestEveryOutputThatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := parse(checkout(t), vars{"outputs": "type=tarr,dest=x\nout\n\ntype=oci\ntype=local,dest=../x,mode=no"})
	all := mistakes(t, err)
	for i, says := range []string{`line 1, "type=tarr,dest=x": `, `line 4, "type=oci": `, `line 5, "type=local,dest=../x,mode=no": mode`, `line 5, "type=local,dest=../x,mode=no": dest`} {
		if i >= len(all) || !strings.Contains(all[i].Problem, says) {
			t.Fatalf("Parse = %v, want mistake %d to say %q", err, i+1, says)
		}
	}
	if len(all) != 4 {
		t.Errorf("Parse reports %d mistakes, want 4: %v", len(all), err)
	}
}
