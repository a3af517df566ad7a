#pragma once
#include <algorithm>
#include <vector>

/// Counts what it holds, and keeps it sorted.
template <typename Row>
class Loader {
public:
    explicit Loader(std::size_t limit) : limit_(limit) {}

    bool add(Row row) {
        if (rows_.size() >= limit_) {
            return false;
        }
        rows_.push_back(row);
        std::sort(rows_.begin(), rows_.end());
        return true;
    }

    const std::vector<Row>& rows() const { return rows_; }

private:
    std::size_t limit_;
    std::vector<Row> rows_;
};

template <typename Row>
Row newest(const std::vector<Row>& rows, Row otherwise) {
    if (rows.empty()) {
        return otherwise;
    }
    return rows.back();
}
