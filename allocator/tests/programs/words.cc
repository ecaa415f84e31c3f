// For a compiler: templates, optimisation, exceptions. For its result: containers, threads.
#include <algorithm>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

static unsigned long count_words(unsigned long state)
{
    std::map<std::string, std::vector<int>> places;
    for (int i = 0; i < 20000; i++) {
        state = state * 6364136223846793005ul + 1442695040888963407ul;
        places["word" + std::to_string(state >> 50)].push_back(i);
    }
    unsigned long sum = 0;
    for (const auto &[word, where] : places)
        sum = sum * 31 + word.size() * where.size() + static_cast<unsigned long>(where.back());
    try {
        throw std::runtime_error(std::to_string(sum));
    } catch (const std::runtime_error &error) {
        return sum + std::string(error.what()).size();
    }
}

int main()
{
    std::vector<unsigned long> sums(4);
    std::vector<std::thread> threads;
    for (unsigned long i = 0; i < sums.size(); i++)
        threads.emplace_back([&sums, i] { sums[i] = count_words(i); });
    for (std::thread &thread : threads)
        thread.join();
    for (unsigned long sum : sums)
        std::printf("%lu\n", sum);
}
