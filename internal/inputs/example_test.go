package inputs_test

import (
	"fmt"

	"github.com/slipway-build/slipway/internal/inputs"
)

// Inputs are variables of the environment. All mistakes are told at once.
func ExampleParse() {
	env := map[string]string{"INPUT_PUSH": "maybe", "INPUT_PLATFORMS": "linux", "INPUT_CONTEXT": "https://github.com/octo-org/app.git"}
	_, err := inputs.Parse(inputs.Env{Lookup: func(name string) (string, bool) { value, ok := env[name]; return value, ok }, Workspace: "/"})
	fmt.Println(err)
	// Output:
	// input "push": "maybe" is not one of them; accepted: auto, true or false
	// input "platforms": "linux" is not a platform; accepted: os/architecture[/variant], such as linux/amd64, linux/arm64 or linux/arm/v7
}
