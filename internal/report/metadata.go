package report

import (
	"encoding/json"
	"fmt"
)

// EncodeMetadata writes the output metadata.
func (o Outcome) EncodeMetadata() ([]byte, error) {
	if o.Metadata == nil {
		return []byte("{}"), nil
	}
	encoded, err := json.MarshalIndent(o.Metadata, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the output metadata: %w", err)
	}
	return encoded, nil
}
