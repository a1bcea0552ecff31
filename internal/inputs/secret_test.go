package inputs_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/inputs"
)

const hidden = "s3cret"

func TestSecretPrintsAsStars(t *testing.T) {
	t.Parallel()
	secret := inputs.Secret(hidden)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%c", "%10s", "%-10v", "%.1s"} {
		t.Run(verb, func(t *testing.T) {
			t.Parallel()
			if got := fmt.Sprintf(verb, secret); got != "***" {
				t.Errorf("Sprintf(%q, Secret) = %q, want ***", verb, got)
			}
		})
	}
	if got := secret.String(); got != "***" {
		t.Errorf("Secret.String() = %q, want ***", got)
	}
	if got := secret.Reveal(); got != hidden {
		t.Errorf("Secret.Reveal() = %q, want %q", got, hidden)
	}
}

// What holds a secret hides it as well.
func TestSecretIsHiddenInWhatHoldsIt(t *testing.T) {
	t.Parallel()
	in := inputs.Inputs{Token: hidden, Secrets: map[string]inputs.Secret{"id": hidden}}
	shown := map[string]string{"Sprint": fmt.Sprint(in)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		shown[verb] = fmt.Sprintf(verb, in)
		shown["pointer in "+verb] = fmt.Sprintf(verb, &in)
		shown["slice in "+verb] = fmt.Sprintf(verb, []any{in, in.Token})
	}
	encoded, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	shown["JSON"] = string(encoded)
	var text, records bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("inputs", "in", in, "token", in.Token)
	slog.New(slog.NewJSONHandler(&records, nil)).Info("inputs", "in", in, "token", in.Token)
	shown["log text"], shown["log JSON"] = text.String(), records.String()
	shown["error"] = errors.Join(fmt.Errorf("using %v: %w", in, errors.New("no"))).Error()
	for how, text := range shown {
		if strings.Contains(text, hidden) || strings.Contains(text, fmt.Sprintf("%x", hidden)) {
			t.Errorf("inputs in %s show the secret: %s", how, text)
		}
		if !strings.Contains(text, "***") {
			t.Errorf("inputs in %s = %s, want *** for the secret", how, text)
		}
	}
}
